"""`manage.py schema_sql`: print the SQL of a new migration after a change of a model's `database_objects`."""

from django.core.management.base import BaseCommand, CommandParser

from rpm_portal.core.db.schema import differences


class Command(BaseCommand):
    """Prints the declared objects that are missing or differ, to be pasted into a migration of the app."""

    help = "Print the SQL of what the models declare and the migrated database does not have."

    def add_arguments(self, parser: CommandParser) -> None:
        """The app to print; all apps without it."""
        parser.add_argument("app", nargs="?", default="", help="Label of one app, such as billing.")

    def handle(self, *args: object, **options: object) -> None:
        """Print the SQL. Run it against a developer's database: it takes exclusive locks and changes nothing."""
        for label, item in differences():
            if options["app"] in ("", label):
                self.stdout.write(f"-- {label}: {item.kind} {item.name}")
                if item.drop:
                    self.stdout.write(item.drop)
                self.stdout.write(item.create)
