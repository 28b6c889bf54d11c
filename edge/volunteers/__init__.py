"""Volunteers: who does which shift, who may, and what they did; pure."""
