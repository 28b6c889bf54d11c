"""Courses, sign-ups, attendance and what is reported of them; pure."""
