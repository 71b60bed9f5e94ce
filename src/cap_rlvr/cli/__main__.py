"""`python -m cap_rlvr.cli`: the same as `cap-rlvr`."""

from cap_rlvr.cli import main

main()
