"""``python -m khabar.train CONFIG [--set a.b=c]``, which ``accelerate`` and ``torchrun`` launch."""

from khabar.cli import train_command

if __name__ == "__main__":
    train_command()
