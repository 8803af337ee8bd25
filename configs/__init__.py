"""Run configurations, label schemas and Accelerate set-ups: YAML only, found by name."""
