"""Face recognizers behind one interface."""
