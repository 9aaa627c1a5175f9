"""The commands of `hordebots`, one file each."""
