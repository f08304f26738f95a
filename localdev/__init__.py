"""ctgo on one machine: emulated AWS, queue pump, schedule clock and fake upstreams."""
