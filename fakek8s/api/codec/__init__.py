"""Bodies to objects and objects to bodies; knows the forms, never what an object means."""
