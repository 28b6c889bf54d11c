"""What is printed: one data class in, a PDF out. Pages show the same data class."""
