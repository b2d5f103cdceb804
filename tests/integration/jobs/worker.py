"""`sekisho work`, in a process that also knows the jobs of these tests."""

import sys

from sekisho.cli.main import main
from sekisho.cli.serving import prepare_django

if __name__ == "__main__":
    prepare_django()
    import tests.integration.jobs.kinds  # noqa: F401 registers what the jobs do

    sys.exit(main(["work", *sys.argv[1:]]))
