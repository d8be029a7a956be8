"""``python -m pyqt_console``."""

from pyqt_console.app import main

if __name__ == "__main__":
    main()
