"""Personal accounts and the invitations that make them. Nobody can sign up without one."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make an account; without a password nobody can sign in to it until one is set."""
        if not email:
            raise ValueError("An account needs an e-mail address.")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """One person. The e-mail address is the name to sign in with. What they may do: `tenancy.models.Assignment`."""

    email = models.EmailField(_("メールアドレス"), unique=True)
    name = models.CharField(_("氏名"), max_length=100)
    language = models.CharField(
        _("表示言語"), max_length=5, choices=[("ja", "日本語"), ("en", "English")], default="ja"
    )
    is_active = models.BooleanField(_("有効"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique_in_any_case")]

    def __str__(self) -> str:
        return self.name or self.email

    # Django's contrib code asks for these; nobody is above the permission table.
    is_staff = False
    is_superuser = False

    def get_full_name(self) -> str:
        """Return the name shown to others."""
        return str(self)

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Return False: rights come from `ROLE_PERMISSIONS`, never from Django's permission tables."""
        return False

    def has_module_perms(self, app_label: str) -> bool:
        """Return False, see `has_perm`."""
        return False
