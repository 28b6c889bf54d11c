"""What every process of the hub does alike: start, log, beat, stop; and the supervisor."""
