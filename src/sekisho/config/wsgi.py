"""WSGI entry point: any WSGI server can serve `sekisho.config.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sekisho.config.settings")
application = get_wsgi_application()
