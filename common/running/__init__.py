"""What every process of ours needs: logs, signals, tasks that end for good."""
