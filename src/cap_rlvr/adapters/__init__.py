"""The same scorer in other people's dress: what each system sends, and what it expects back.

The endpoints under `/compat` of the reward service and the functions that are imported (`verl.compute_score`,
`openrlhf.reward_func`, `slime.reward`) are thin faces over the same few pure functions. TRL needs none: its reward
function is `cap_rlvr.clients.reward.RewardClient`.
"""
