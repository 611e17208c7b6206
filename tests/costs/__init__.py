"""What a beat, a start and a takeover cost, in counts that no machine's speed changes."""
