"""What pages and commands of the learning point call: each step whole, in one place."""

from edge.desk.courses import CourseDesk, Entry
from edge.desk.register import Register
from edge.desk.signups import SignupDesk, Slip
from edge.desk.vault import Vault

__all__ = ["CourseDesk", "Entry", "Register", "SignupDesk", "Slip", "Vault"]
