"""/notification-settings: when and where the team hears of leads and of trouble."""

from __future__ import annotations

from chalicelib.auth.caller import Caller
from chalicelib.http.router import Router
from chalicelib.notifications import service
from chalicelib.notifications.schemas import Notifications, NotificationsPatch, shown

router = Router()


@router.get("/notification-settings", auth="bearer")
def get_notification_settings(caller: Caller) -> Notifications:
    """Show the notification settings."""
    return shown(service.of_user(caller.user_id))


@router.put("/notification-settings", auth="bearer")
def change_notification_settings(caller: Caller, body: NotificationsPatch) -> Notifications:
    """Change some of the notification settings; answers all of them."""
    return shown(service.change(caller.user_id, body))
