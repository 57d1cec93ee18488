# The first lines of a standard library: as much of it as gate looks for.
