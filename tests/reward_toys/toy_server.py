"""The real service around the toy task: ``toy_server.py CPU_S WALL_S DEADLINE_S MAX_PENDING``, settings from the environment."""

import os
import sys

from services.reward_api import bodies, connections, logs, server
from services.reward_api.app import create_app
from services.reward_api.scoring_pool import Limits
from services.reward_api.settings import load

if __name__ == "__main__":
    logs.configure()
    settings = load()
    cpu, wall, deadline, max_pending = sys.argv[1:]
    with server.bind(settings) as bound:
        app = create_app(settings, "toy_registry", Limits(cpu=float(cpu), wall=float(wall)))
        bodies.READ_S = float(os.environ.get("TOY_READ_S", bodies.READ_S))
        for name in ("HEAD_S", "BODY_S", "ANSWER_S"):
            setattr(connections, name, float(os.environ.get(f"TOY_{name}", getattr(connections, name))))
        app.state.scoring.deadline_s = float(deadline)
        app.state.scoring.max_pending = int(max_pending)
        server.run(app, bound)
