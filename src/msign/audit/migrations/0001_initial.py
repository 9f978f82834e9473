"""The trail's table and the triggers that make it append-only, on SQLite and on PostgreSQL."""

from __future__ import annotations

from django.db import migrations, models

_REFUSAL = "the audit trail is append-only"
SQLITE = [
    f"""CREATE TRIGGER audit_event_no_{action.lower()} BEFORE {action} ON audit_event
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"""
    for action in ("UPDATE", "DELETE")
]
# REPLACE would delete a row without firing DELETE triggers (recursive_triggers is off): refuse a taken sequence.
SQLITE += [
    f"""CREATE TRIGGER audit_event_no_replace BEFORE INSERT ON audit_event
        WHEN EXISTS (SELECT 1 FROM audit_event
                     WHERE sequence = NEW.sequence OR hash = NEW.hash OR previous = NEW.previous)
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"""
]
POSTGRESQL = [
    f"""CREATE FUNCTION audit_event_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$""",
    """CREATE TRIGGER audit_event_no_change BEFORE UPDATE OR DELETE ON audit_event
       FOR EACH ROW EXECUTE FUNCTION audit_event_refuse()""",
    """CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON audit_event
       FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuse()""",
]


def create(apps, schema_editor):
    event = apps.get_model("audit", "Event")
    schema_editor.create_model(event)
    statements = POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE
    for statement in statements:
        schema_editor.execute(statement, params=None)
    for column in ("subject", "tag", "actor"):
        schema_editor.execute(f"CREATE INDEX audit_event_{column} ON audit_event ({column}, sequence)")
    schema_editor.execute("CREATE INDEX audit_event_at ON audit_event (at)")


def remove(apps, schema_editor):
    schema_editor.delete_model(apps.get_model("audit", "Event"))


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Event",
            fields=[
                ("sequence", models.BigIntegerField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("tag", models.CharField(max_length=60)),
                ("subject", models.CharField(max_length=80)),
                ("actor", models.CharField(max_length=80)),
                ("body", models.TextField()),
                ("previous", models.CharField(max_length=64, unique=True)),
                ("hash", models.CharField(max_length=64, unique=True)),
            ],
            options={"db_table": "audit_event", "managed": False},
        ),
        migrations.RunPython(create, remove),
        migrations.CreateModel(
            name="ChainCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started", models.DateTimeField(null=True)),
                ("sequence", models.BigIntegerField(default=0)),
                ("hash", models.CharField(blank=True, max_length=64)),
                ("finished", models.DateTimeField(null=True)),
                ("whole_sequence", models.BigIntegerField(default=0)),
                ("whole_hash", models.CharField(blank=True, max_length=64)),
                ("broken", models.BigIntegerField(null=True)),
                ("why", models.CharField(blank=True, max_length=200)),
            ],
        ),
    ]
