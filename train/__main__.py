"""``python -m khabar.train CONFIG [--set a.b=c]``: what ``accelerate launch`` and ``torchrun`` run."""

from khabar.cli import train_command

if __name__ == "__main__":
    train_command()
