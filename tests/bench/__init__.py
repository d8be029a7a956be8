"""Speed, side by side with what people use today: ``make bench``. No test asserts a time."""
