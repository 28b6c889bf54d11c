"""Optical heads: IEC 62056-21 (Landis+Gyr Ultraheat) and Kamstrup KMP, without any I/O."""
