"""The volunteers' pages below `/pult`: courses, people, who comes, and the report."""
