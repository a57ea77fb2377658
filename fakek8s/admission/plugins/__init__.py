"""The admission plugins, one file each, under the names of upstream's folders."""
