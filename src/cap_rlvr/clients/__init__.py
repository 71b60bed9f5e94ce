"""The services from outside: rewards, rollouts, policies, jobs, the broker. Imported lazily."""
