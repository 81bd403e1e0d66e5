"""What the database holds beyond Django's own tables: keys with the practice, triggers.

Printed by `manage.py schema_sql` from what the models declare; `tests/core/test_schema.py` compares the two.
"""

from django.db import migrations

# A row is known with its practice, and can only refer to rows of the same practice.
KEYS = """
ALTER TABLE accounts_emailchange ADD CONSTRAINT accounts_emailchange_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE accounts_settingchange ADD CONSTRAINT accounts_settingchange_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE accounts_membership ADD CONSTRAINT accounts_membership_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE accounts_invitation ADD CONSTRAINT accounts_invitation_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE accounts_emergencyaccess ADD CONSTRAINT accounts_emergencyaccess_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE accounts_singlesignon ADD CONSTRAINT accounts_singlesignon_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE accounts_emailchange ADD CONSTRAINT accounts_emailchange_membership_id_same_practice
  FOREIGN KEY (practice_id, membership_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE accounts_invitation ADD CONSTRAINT accounts_invitation_accepted_as_id_same_practice
  FOREIGN KEY (practice_id, accepted_as_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE accounts_emergencyaccess ADD CONSTRAINT accounts_emergencyaccess_membership_id_same_practice
  FOREIGN KEY (practice_id, membership_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE account_emailaddress ADD CONSTRAINT emailaddress_is_its_persons_own
  FOREIGN KEY (user_id, email) REFERENCES accounts_user(id, email) ON UPDATE CASCADE ON DELETE CASCADE;
"""
OBJECTS = """
CREATE OR REPLACE FUNCTION accounts_emailchange_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW accounts_emailchange%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'accounts_emailchange is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.applied_at IS NOT NULL AND NEW.applied_at IS DISTINCT FROM OLD.applied_at THEN
    RAISE EXCEPTION 'accounts_emailchange.applied_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.confirmed_by IS NOT NULL AND NEW.confirmed_by IS DISTINCT FROM OLD.confirmed_by THEN
    RAISE EXCEPTION 'accounts_emailchange.confirmed_by is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at THEN
    RAISE EXCEPTION 'accounts_emailchange.withdrawn_at is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.applied_at := OLD.applied_at;
  NEW_ROW.confirmed_by := OLD.confirmed_by;
  NEW_ROW.withdrawn_at := OLD.withdrawn_at;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'accounts_emailchange is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER accounts_emailchange_append_only BEFORE UPDATE OR DELETE ON accounts_emailchange
  FOR EACH ROW
  EXECUTE FUNCTION accounts_emailchange_append_only();
CREATE TRIGGER accounts_emailchange_no_truncate BEFORE TRUNCATE ON accounts_emailchange
  FOR EACH STATEMENT
  EXECUTE FUNCTION accounts_emailchange_append_only();
CREATE OR REPLACE FUNCTION accounts_settingchange_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW accounts_settingchange%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'accounts_settingchange is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.decided_at IS NOT NULL AND NEW.decided_at IS DISTINCT FROM OLD.decided_at THEN
    RAISE EXCEPTION 'accounts_settingchange.decided_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.decided_by_id IS NOT NULL AND NEW.decided_by_id IS DISTINCT FROM OLD.decided_by_id THEN
    RAISE EXCEPTION 'accounts_settingchange.decided_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.operator IS NOT NULL AND NEW.operator IS DISTINCT FROM OLD.operator THEN
    RAISE EXCEPTION 'accounts_settingchange.operator is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.outcome IS NOT NULL AND NEW.outcome IS DISTINCT FROM OLD.outcome THEN
    RAISE EXCEPTION 'accounts_settingchange.outcome is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.decided_at := OLD.decided_at;
  NEW_ROW.decided_by_id := OLD.decided_by_id;
  NEW_ROW.operator := OLD.operator;
  NEW_ROW.outcome := OLD.outcome;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'accounts_settingchange is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER accounts_settingchange_append_only BEFORE UPDATE OR DELETE ON accounts_settingchange
  FOR EACH ROW
  EXECUTE FUNCTION accounts_settingchange_append_only();
CREATE TRIGGER accounts_settingchange_no_truncate BEFORE TRUNCATE ON accounts_settingchange
  FOR EACH STATEMENT
  EXECUTE FUNCTION accounts_settingchange_append_only();
CREATE OR REPLACE FUNCTION accounts_invitation_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW accounts_invitation%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'accounts_invitation is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.secret_digest IS NOT NULL AND NEW.secret_digest IS DISTINCT FROM OLD.secret_digest THEN
    RAISE EXCEPTION 'accounts_invitation.secret_digest is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.approved_at IS NOT NULL AND NEW.approved_at IS DISTINCT FROM OLD.approved_at THEN
    RAISE EXCEPTION 'accounts_invitation.approved_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.approved_by_id IS NOT NULL AND NEW.approved_by_id IS DISTINCT FROM OLD.approved_by_id THEN
    RAISE EXCEPTION 'accounts_invitation.approved_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.operator IS NOT NULL AND NEW.operator IS DISTINCT FROM OLD.operator THEN
    RAISE EXCEPTION 'accounts_invitation.operator is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.accepted_at IS NOT NULL AND NEW.accepted_at IS DISTINCT FROM OLD.accepted_at THEN
    RAISE EXCEPTION 'accounts_invitation.accepted_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.accepted_as_id IS NOT NULL AND NEW.accepted_as_id IS DISTINCT FROM OLD.accepted_as_id THEN
    RAISE EXCEPTION 'accounts_invitation.accepted_as_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at THEN
    RAISE EXCEPTION 'accounts_invitation.withdrawn_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.withdrawn_by_id IS NOT NULL AND NEW.withdrawn_by_id IS DISTINCT FROM OLD.withdrawn_by_id THEN
    RAISE EXCEPTION 'accounts_invitation.withdrawn_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.secret_digest := OLD.secret_digest;
  NEW_ROW.approved_at := OLD.approved_at;
  NEW_ROW.approved_by_id := OLD.approved_by_id;
  NEW_ROW.operator := OLD.operator;
  NEW_ROW.accepted_at := OLD.accepted_at;
  NEW_ROW.accepted_as_id := OLD.accepted_as_id;
  NEW_ROW.withdrawn_at := OLD.withdrawn_at;
  NEW_ROW.withdrawn_by_id := OLD.withdrawn_by_id;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'accounts_invitation is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER accounts_invitation_append_only BEFORE UPDATE OR DELETE ON accounts_invitation
  FOR EACH ROW
  EXECUTE FUNCTION accounts_invitation_append_only();
CREATE TRIGGER accounts_invitation_no_truncate BEFORE TRUNCATE ON accounts_invitation
  FOR EACH STATEMENT
  EXECUTE FUNCTION accounts_invitation_append_only();
CREATE OR REPLACE FUNCTION accounts_emergencyaccess_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW accounts_emergencyaccess%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'accounts_emergencyaccess is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.closed_at IS NOT NULL AND NEW.closed_at IS DISTINCT FROM OLD.closed_at THEN
    RAISE EXCEPTION 'accounts_emergencyaccess.closed_at is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.closed_at := OLD.closed_at;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'accounts_emergencyaccess is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER accounts_emergencyaccess_append_only BEFORE UPDATE OR DELETE ON accounts_emergencyaccess
  FOR EACH ROW
  EXECUTE FUNCTION accounts_emergencyaccess_append_only();
CREATE TRIGGER accounts_emergencyaccess_no_truncate BEFORE TRUNCATE ON accounts_emergencyaccess
  FOR EACH STATEMENT
  EXECUTE FUNCTION accounts_emergencyaccess_append_only();
"""


class Migration(migrations.Migration):
    """Keys and triggers."""

    dependencies = [
        ("accounts", "0001_initial"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]

    operations = [
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
        migrations.RunSQL(OBJECTS, migrations.RunSQL.noop),
    ]
