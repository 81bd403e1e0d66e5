"""The tag `csrf_token` with the key that lets a form's action be done once. Built into every template."""

from django import template
from django.template.base import Parser, Token
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html

from rpm_portal.accounts.sent_forms import FIELD, new_key

register = template.Library()


class FormTokenNode(CsrfTokenNode):
    """Django's hidden field of the CSRF token, and one with a new key for this form."""

    def render(self, context: template.Context) -> str:
        """Both fields; empty if Django renders none."""
        token = super().render(context)
        return token and token + format_html('<input type="hidden" name="{}" value="{}">', FIELD, new_key())


@register.tag
def csrf_token(parser: Parser, token: Token) -> FormTokenNode:
    """Every form has this tag, so every form has a key."""
    return FormTokenNode()
