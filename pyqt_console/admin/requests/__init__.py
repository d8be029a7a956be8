"""What the pages ask the node for, and what it answers, in frozen records. Free of Qt."""
