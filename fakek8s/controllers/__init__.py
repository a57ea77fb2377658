"""The controllers: each makes one part of the world as its objects say, as a client of the API."""
