"""Configuration of an Errbot that informs a channel about conferences and answers !who.

    pip install errbot standardwebhooks
    export ROLLCALL_WEBHOOK_SECRET=$(rollcall secret)
    echo "{'configs': {'Webserver': {'HOST': '127.0.0.1', 'PORT': 3141}}}" | errbot -c config.py --storage-set core
    errbot -c config.py
    rollcall watch <conference-sid> --webhook http://127.0.0.1:3141/rollcall    # in another shell, with the same secret

With the backend Text, it runs in this terminal; see Errbot's documentation for Slack, Discord, Mattermost and others.
"""

import logging
import os
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
HOME = pathlib.Path(os.environ.get("ROLLCALL_BOT_HOME", HERE / "data"))
HOME.mkdir(exist_ok=True)

BACKEND = "Text"
TEXT_DEMO_MODE = True
BOT_DATA_DIR = str(HOME)
BOT_EXTRA_PLUGIN_DIR = str(HERE / "plugins")
BOT_LOG_FILE = str(HOME / "errbot.log")
BOT_LOG_LEVEL = logging.INFO
BOT_ADMINS = ("@admin",)
CORE_PLUGINS = ("Webserver", "Help", "ACLs")

# The channel that the bot informs.
CHATROOM_PRESENCE = ("#support",)
