"""`cap-rlvr run`: the whole loop on one machine, every process of it supervised."""
