"""The chat itself: who said what, the rows it is kept in, and who watches."""
