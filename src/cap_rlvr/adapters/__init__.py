"""The same scorer in other people's dress: what each system sends, and what it expects back.

The endpoints under `/compat` of the reward service and the functions that are imported (`verl.compute_score`) are thin
faces over these modules, which are pure but for `verl`. TRL needs none: its reward function is
`cap_rlvr.clients.reward.RewardClient`.
"""
