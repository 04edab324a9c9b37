"""The relational schema, one for both engines. Migrations in `migrations/` bring a database to it.

Every table but those of access and operation carries `project_id`, and every query names it.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware and in UTC on both sides, with microseconds, on engines that keep no zone too."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive values; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime reached the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment back aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _project() -> sa.Column[int]:
    return sa.Column("project_id", sa.Integer, sa.ForeignKey("projects.id", ondelete="CASCADE"), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, UtcDateTime, nullable=nullable)


# Who may do what

organizations = sa.Table(
    "organizations",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    _moment("created_at"),
)

users = sa.Table(
    "users",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("email", sa.Text, nullable=False, unique=True),  # lower case
    sa.Column("first_name", sa.Text, nullable=False, default=""),
    sa.Column("password_hash", sa.Text),  # argon2
    sa.Column("is_active", sa.Boolean, nullable=False, default=True),
    # The project opened last in the web pages; `@current` (api 1.4).
    sa.Column("current_project_id", sa.Integer, sa.ForeignKey("projects.id", ondelete="SET NULL")),
    _moment("created_at"),
)

memberships = sa.Table(
    "memberships",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("organization_id", sa.Uuid, sa.ForeignKey("organizations.id", ondelete="CASCADE"), nullable=False),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    sa.Column("role", sa.Text, nullable=False),  # admin, member
    _moment("created_at"),
    sa.UniqueConstraint("organization_id", "user_id"),
)

roles = sa.Table(
    "roles",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("organization_id", sa.Uuid, sa.ForeignKey("organizations.id", ondelete="CASCADE"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    _moment("created_at"),
    sa.UniqueConstraint("organization_id", "name"),
)

role_members = sa.Table(
    "role_members",
    metadata,
    sa.Column("role_id", sa.Uuid, sa.ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
)

projects = sa.Table(
    "projects",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("organization_id", sa.Uuid, sa.ForeignKey("organizations.id", ondelete="CASCADE"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("api_token", sa.Text, nullable=False, unique=True),
    sa.Column("test_account_filters", sa.JSON, nullable=False),
    sa.Column("allowed_origins", sa.JSON),  # of browsers that report; null or empty: all
    _moment("created_at"),
    # Grows with each change of what its symbol sets can answer; 0: it never had one.
    sa.Column("symbols_version", sa.BigInteger, nullable=False, server_default="0"),
    # Grows with each change of its rules; 0: it never had one.
    sa.Column("rules_version", sa.BigInteger, nullable=False, server_default="0"),
    sqlite_autoincrement=True,  # an id is never used again, so leftovers of a deleted project can belong to nobody
)

deleted_projects = sa.Table(
    "deleted_projects",
    metadata,
    sa.Column("project_id", sa.Integer, primary_key=True, autoincrement=False),
    _moment("deleted_at"),
    _moment("events_deleted_at", nullable=True),  # null: upkeep still has to delete its events
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False, unique=True),  # sha256$<hex of the whole key>
    sa.Column("mask", sa.Text, nullable=False),
    sa.Column("scopes", sa.JSON, nullable=False),
    sa.Column("scoped_projects", sa.JSON),  # null or empty: all
    sa.Column("scoped_organizations", sa.JSON),
    _moment("created_at"),
    _moment("last_used_at", nullable=True),
)

sessions = sa.Table(
    "sessions",
    metadata,
    # Who is signed in on the pages, in which browser.
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("hash", sa.Text, nullable=False, unique=True),  # sha256$<hex of what the cookie holds>
    sa.Column("stays", sa.Boolean, nullable=False),  # outlives the browser
    sa.Column("device", sa.Text, nullable=False),  # what the browser says it is
    sa.Column("address", sa.Text, nullable=False),
    _moment("created_at"),
    _moment("last_used_at"),
    _moment("ends_at"),
)

invitations = sa.Table(
    "invitations",
    metadata,
    # Links that make a member, or let one choose another password. Used once.
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("organization_id", sa.Uuid, sa.ForeignKey("organizations.id", ondelete="CASCADE"), nullable=False),
    sa.Column("hash", sa.Text, nullable=False, unique=True),  # sha256$<hex of what the link holds>
    sa.Column("role", sa.Text, nullable=False),  # admin, member
    # Whose password it is about; null: it makes a member.
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE")),
    sa.Column("made_by", sa.Integer, sa.ForeignKey("users.id", ondelete="SET NULL")),
    _moment("created_at"),
    _moment("ends_at"),
)

sign_in_attempts = sa.Table(
    "sign_in_attempts",
    metadata,
    # Attempts of the last minutes that failed, or are not decided yet.
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("account", sa.Text, nullable=False),  # sha256$<hex of the e-mail address>
    sa.Column("address", sa.Text, nullable=False),  # where it came from; of IPv6 the first 64 bits
    _moment("moment"),
    sa.Index("ix_sign_in_attempts_account", "account", "moment"),
    sa.Index("ix_sign_in_attempts_address", "address", "moment"),
    sa.Index("ix_sign_in_attempts_moment", "moment"),
)

# Issues

issues = sa.Table(
    "issues",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),  # version 7
    _project(),
    sa.Column("status", sa.Text, nullable=False),  # active, resolved, suppressed, archived, pending_release
    sa.Column("severity", sa.Text),  # low, medium, high, critical
    sa.Column("name", sa.Text),
    sa.Column("description", sa.Text),
    _moment("created_at"),
    _moment("last_received_at", nullable=True),
    _moment("resolved_at", nullable=True),  # when the status last became resolved
    sa.Column("states", sa.Text),  # JSON of `model.issue_states.States`; null: as `status` and `resolved_at` say
    sa.Index("ix_issues_project_id_created_at", "project_id", "created_at"),
)

fingerprints = sa.Table(
    "fingerprints",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    _project(),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("issue_id", sa.Uuid, sa.ForeignKey("issues.id"), nullable=False),
    sa.Column("version", sa.Integer, nullable=False, default=0),  # grows with each move to another issue
    _moment("first_seen", nullable=True),  # the earliest event's time
    sa.Column("environments", sa.Text),  # JSON list of the environments that it was seen in; null: nobody knows
    _moment("created_at"),
    sa.UniqueConstraint("project_id", "fingerprint"),
    sa.Index("ix_fingerprints_issue_id", "issue_id"),
)

grouping_keys = sa.Table(
    "grouping_keys",
    metadata,
    sa.Column("project_id", sa.Integer, sa.ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("grouping_key", sa.BigInteger, primary_key=True),  # 63 bits, never negative
    sa.Column("fingerprint_id", sa.Uuid, sa.ForeignKey("fingerprints.id", ondelete="CASCADE"), nullable=False),
    sa.Column("fingerprint_version", sa.Text),  # v1 …; null for manual and rule fingerprints
    sa.Column("record", sa.JSON, nullable=False),  # what was hashed (pipeline 4.7), exception ids null
    sa.Column("stack", sa.Text, nullable=False),  # hash of the stack it was computed from, or empty
    _moment("created_at"),
    sa.Column("stack_version", sa.BigInteger, nullable=False, server_default="1"),  # which version of that stack
    # What the fingerprint follows from beside the stack, as it was sent: JSON of `ExceptionEntry`s; null: not kept.
    sa.Column("exceptions", sa.Text),
    # As of the fingerprint, but of the events of this key alone; null: nobody knows.
    _moment("first_seen", nullable=True),
    sa.Column("environments", sa.Text),
    # The newest fingerprint that a renewal found for it; where people undid what followed, it is not done again.
    sa.Column("renewed_as", sa.Text),
    # Fingerprints that it had before, JSON: value → [version, record]; so that it can be given one of them back.
    sa.Column("former", sa.Text),
    sa.Index("ix_grouping_keys_fingerprint_id", "fingerprint_id"),
    sa.Index("ix_grouping_keys_project_id_stack", "project_id", "stack"),
)

assignments = sa.Table(
    "assignments",
    metadata,
    sa.Column("issue_id", sa.Uuid, sa.ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True),
    _project(),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE")),
    sa.Column("role_id", sa.Uuid, sa.ForeignKey("roles.id", ondelete="CASCADE")),
    _moment("created_at"),
    sa.CheckConstraint("(user_id IS NULL) <> (role_id IS NULL)", name="ck_assignments_one_target"),
)

changes = sa.Table(
    "changes",
    metadata,
    # The change journal: append-only, one entry for each change, written in its transaction while the changed rows are
    # locked. So of two entries about one issue the later change has the higher `seq`, whatever the clocks say.
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("id", sa.Uuid, nullable=False, unique=True),  # version 7
    _project(),
    sa.Column("kind", sa.Text, nullable=False),  # created, reopened, updated, merged, …
    sa.Column("actor_type", sa.Text, nullable=False),  # user, pipeline
    sa.Column("actor_id", sa.Text),  # of a user
    sa.Column("key_id", sa.Uuid),  # the API key that the user came with
    sa.Column("before", sa.JSON),
    sa.Column("after", sa.JSON),
    sa.Column("undoes", sa.Uuid, unique=True),  # the entry that this one takes back; each is taken back once
    sa.Column("depth", sa.Integer, nullable=False, default=0),  # 1: undo, 2: undo of an undo, …
    sa.Column("origin", sa.Uuid),  # of an undo: the entry that was undone first
    _moment("created_at"),
    sa.Index("ix_changes_project_id_created_at", "project_id", "created_at", "seq"),
    sa.Index("ix_changes_project_id_kind", "project_id", "kind", "created_at", "seq"),
    sa.Index("ix_changes_project_id_actor_type", "project_id", "actor_type", "created_at", "seq"),
    sa.Index("ix_changes_project_id_actor_id", "project_id", "actor_type", "actor_id", "created_at", "seq"),
    sqlite_autoincrement=True,
)

change_issues = sa.Table(
    "change_issues",
    metadata,
    # What an entry of the journal is about: an issue, or the project's settings, which stand under the nil UUID.
    sa.Column(
        "seq",
        sa.BigInteger().with_variant(sa.Integer, "sqlite"),
        sa.ForeignKey("changes.seq", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("issue_id", sa.Uuid, primary_key=True),
    _project(),
    sa.Column("aspects", sa.Text, nullable=False),  # what of it changed, in words with blanks between
    sa.Column("activity", sa.Text),  # under which name the issue's history shows it; null: not at all
    sa.Column("merged_into", sa.Uuid),  # where the issue went, when the change removed it
    _moment("created_at"),
    sa.Index("ix_change_issues_issue_id_seq", "issue_id", "seq"),
    sa.Index(
        "ix_change_issues_activity",
        "project_id",
        "created_at",
        "seq",
        sqlite_where=sa.text("activity IS NOT NULL"),
        postgresql_where=sa.text("activity IS NOT NULL"),
    ),
)

announcements = sa.Table(
    "announcements",
    metadata,
    # The outbox: what people should hear, written in the transaction of what happened. Alerts are decided on later.
    sa.Column("id", sa.Uuid, primary_key=True),  # version 7, the idempotency key of every side effect
    _project(),
    sa.Column("issue_id", sa.Uuid, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  # issue_created, issue_reopened, issue_spiking
    sa.Column("fingerprint", sa.Text),
    sa.Column("environment", sa.Text),  # of the event; null or empty: it names none
    sa.Column("event_uuid", sa.Uuid, nullable=False),
    _moment("event_timestamp"),
    sa.Column("issue", sa.JSON, nullable=False),  # name, description, status, severity, created_at at that moment
    sa.Column("assignee", sa.JSON),
    sa.Column("figures", sa.JSON),  # of a spike: computed_baseline, current_bucket_value
    _moment("created_at"),
    _moment("due_at", nullable=True),  # when alerts are to be decided on; null: they are
    sa.Index("ix_announcements_due_at", "due_at"),
    sa.Index("ix_announcements_project_id_created_at", "project_id", "created_at"),
)

releases = sa.Table(
    "releases",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    _project(),
    sa.Column("hash_id", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("metadata", sa.JSON),
    _moment("created_at"),
    sa.UniqueConstraint("project_id", "hash_id"),
)

# A row with a storage key and no content hash is an upload that is not finished: nobody may use it, or write over it.
symbol_sets = sa.Table(
    "symbol_sets",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    _project(),
    sa.Column("ref", sa.Text, nullable=False),  # chunk id, debug id, map id or URL; at most 2,048 bytes
    sa.Column("storage_key", sa.Text),
    sa.Column("content_hash", sa.Text),
    sa.Column("failure_reason", sa.Text),
    sa.Column("release_id", sa.Uuid, sa.ForeignKey("releases.id", ondelete="SET NULL"), index=True),
    _moment("created_at"),
    _moment("last_used", nullable=True),
    sa.UniqueConstraint("project_id", "ref"),
    sa.Index("ix_symbol_sets_storage_key", "storage_key"),
)

symbol_repairs = sa.Table(
    "symbol_repairs",
    metadata,
    # What a file that arrived does to the stacks that are stored. One for each file, made in its transaction.
    sa.Column("id", sa.Uuid, primary_key=True),  # version 7
    _project(),
    sa.Column("symbol_set_id", sa.Uuid, nullable=False),  # may be gone meanwhile
    sa.Column("ref", sa.Text, nullable=False),
    sa.Column("storage_key", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),  # waiting, running, finished, superseded, failed
    sa.Column("step", sa.Text, nullable=False),  # stacks, keys
    sa.Column("cursor", sa.Text, nullable=False, default=""),  # hash of the last stack that the step is done with
    sa.Column("stacks", sa.Integer, nullable=False, default=0),
    sa.Column("stacks_total", sa.Integer),  # null: not counted yet
    sa.Column("events", sa.BigInteger, nullable=False, default=0),
    sa.Column("frames_resolved", sa.Integer, nullable=False, default=0),
    sa.Column("failure", sa.Text),
    _moment("created_at"),
    _moment("finished_at", nullable=True),
    sa.UniqueConstraint("symbol_set_id", "storage_key"),
    sa.Index("ix_symbol_repairs_status", "status", "created_at"),
    sa.Index("ix_symbol_repairs_project_id_created_at", "project_id", "created_at"),
)

symbol_repair_issues = sa.Table(
    "symbol_repair_issues",
    metadata,
    # Issues whose events a repair made readable, moved or took in.
    sa.Column("repair_id", sa.Uuid, sa.ForeignKey("symbol_repairs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("issue_id", sa.Uuid, primary_key=True),
)

symbol_repair_changes = sa.Table(
    "symbol_repair_changes",
    metadata,
    # Entries of the change journal that a repair wrote, in its transaction.
    sa.Column("repair_id", sa.Uuid, sa.ForeignKey("symbol_repairs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("change_id", sa.Uuid, primary_key=True),
    sa.Column("merged", sa.Integer, nullable=False),  # issues that were merged into another
)

release_sightings = sa.Table(
    "release_sightings",
    metadata,
    # When each version that events name was first seen: received, or of an import, when it happened.
    sa.Column("project_id", sa.Integer, sa.ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("release", sa.Text, primary_key=True),
    _moment("first_seen"),
)

project_settings = sa.Table(
    "project_settings",
    metadata,
    sa.Column("project_id", sa.Integer, sa.ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("project_rate_limit_value", sa.Integer),
    sa.Column("project_rate_limit_bucket_size_minutes", sa.Integer),
    sa.Column("per_issue_rate_limit_value", sa.Integer),
    sa.Column("per_issue_rate_limit_bucket_size_minutes", sa.Integer),
    # When an issue spikes; null: as usual.
    sa.Column("spike_threshold", sa.Integer),
    sa.Column("spike_multiplier", sa.Integer),
    sa.Column("spike_snooze_duration_minutes", sa.Integer),
)

rules = sa.Table(
    "rules",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),  # version 7
    _project(),
    sa.Column("kind", sa.Text, nullable=False),  # assignment, grouping, suppression, bypass, severity
    sa.Column("order_key", sa.Integer, nullable=False),
    sa.Column("filters", sa.JSON, nullable=False),  # a property group, as it was sent
    sa.Column("sampling_rate", sa.Float),  # of suppression: the share that is dropped
    # Of assignment and grouping: to whom; none of the two is left of somebody who is gone.
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="SET NULL")),
    sa.Column("role_id", sa.Uuid, sa.ForeignKey("roles.id", ondelete="SET NULL")),
    sa.Column("description", sa.Text),  # of grouping
    sa.Column("severity", sa.Text),  # of severity
    sa.Column("disabled_data", sa.JSON(none_as_null=True)),  # why it is not evaluated any more; null while it is
    _moment("created_at"),
    _moment("updated_at"),
    sa.Index("ix_rules_project_id_kind", "project_id", "kind", "order_key"),
)

token_buckets = sa.Table(
    "token_buckets",
    metadata,
    # What is left of the limits of a project and of its issues. All nodes take from the same.
    sa.Column("project_id", sa.Integer, sa.ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True),  # project, or an issue's id
    sa.Column("tokens", sa.Float, nullable=False),
    sa.Column("second", sa.BigInteger, nullable=False),  # Unix time when so many were left
    sa.Index("ix_token_buckets_second", "second"),
)

waiting_keys = sa.Table(
    "waiting_keys",
    metadata,
    # Grouping keys whose events are stored and that have no issue yet: there were too many new ones.
    sa.Column("project_id", sa.Integer, sa.ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("grouping_key", sa.BigInteger, primary_key=True),
    _moment("since"),  # receipt of the first event
    _moment("earliest"),  # the earliest event's own time
    _moment("received_at"),  # last receipt
    sa.Column("environments", sa.Text, nullable=False),  # JSON list, as of a fingerprint
    sa.Column("waiting", sa.Text, nullable=False),  # JSON of `issues.new_issue_budget.Waiting`
    sa.Index("ix_waiting_keys_project_id_since", "project_id", "since"),
)

spike_events = sa.Table(
    "spike_events",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),  # version 7, that of the announcement
    _project(),
    # The issue that it belongs to now; merges and their undo move it.
    sa.Column("issue_id", sa.Uuid, sa.ForeignKey("issues.id", ondelete="CASCADE"), nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),  # of the first event of the bucket
    sa.Column("bucket", sa.BigInteger, nullable=False),  # Unix time in units of five minutes
    _moment("detected_at"),
    sa.Column("computed_baseline", sa.Float, nullable=False),
    sa.Column("current_bucket_value", sa.BigInteger, nullable=False),
    sa.Column("lost_by", sa.Uuid),  # the split, an entry of the change journal, that its issue lost it by
    sa.Index("ix_spike_events_project_id_detected_at", "project_id", "detected_at"),
    sa.Index("ix_spike_events_issue_id_detected_at", "issue_id", "detected_at"),
)

limit_decisions = sa.Table(
    "limit_decisions",
    metadata,
    # What limits decided about the events of a batch that is not stored yet, written with the charge. A row that is no
    # longer needed goes with the node's next one.
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("writer", sa.Text, nullable=False),  # whose journal the events stand in (`journal_progress`)
    sa.Column("decided", sa.LargeBinary, nullable=False),  # `limits.decisions`
    _moment("created_at"),
    sa.Index("ix_limit_decisions_writer", "writer"),
    sa.Index("ix_limit_decisions_created_at", "created_at"),
)

rule_applications = sa.Table(
    "rule_applications",
    metadata,
    # Rules that are applied to stored events, one row each time that somebody asks for it.
    sa.Column("id", sa.Uuid, primary_key=True),  # version 7; also the id of the move in the event store
    _project(),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("rule_id", sa.Uuid, nullable=False),
    sa.Column("backwards", sa.Boolean, nullable=False),  # events leave the issue of a grouping rule
    sa.Column("rules", sa.JSON, nullable=False),  # those of the kind at that moment, in their order
    sa.Column("status", sa.Text, nullable=False),  # waiting, running, done, failed
    sa.Column("actor", sa.JSON, nullable=False),
    _moment("date_from"),
    _moment("date_to"),
    sa.Column("events", sa.BigInteger),  # how many are to be moved; null while nobody has counted
    sa.Column("moved", sa.BigInteger, nullable=False),
    sa.Column("issues", sa.Integer, nullable=False),  # assigned ones
    sa.Column("fingerprints", sa.JSON, nullable=False),  # first sighting and environments before, by id
    sa.Column("change_id", sa.Uuid),  # the entry of the journal that tells of it
    sa.Column("failure", sa.Text),
    _moment("created_at"),
    _moment("finished_at", nullable=True),
    sa.Index("ix_rule_applications_status", "status", "created_at"),
    sa.Index("ix_rule_applications_project_id_created_at", "project_id", "created_at"),
)

moved_keys = sa.Table(
    "moved_keys",
    metadata,
    # Grouping keys that applications have given to events, and the ones that these had before.
    sa.Column("project_id", sa.Integer, sa.ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("grouping_key", sa.BigInteger, primary_key=True),
    sa.Column("from_key", sa.BigInteger, nullable=False),
    sa.Column(
        "application_id", sa.Uuid, sa.ForeignKey("rule_applications.id", ondelete="CASCADE"), nullable=False, index=True
    ),
)

recommendations = sa.Table(
    "recommendations",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    _project(),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("meta", sa.JSON, nullable=False),
    sa.Column("status", sa.Text, nullable=False),  # ready, computing
    _moment("computing_since", nullable=True),
    _moment("computed_at", nullable=True),
    _moment("dismissed_at", nullable=True),
    _moment("created_at"),
    _moment("updated_at"),
    sa.UniqueConstraint("project_id", "type"),
)

# Alerts

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    _project(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("trigger", sa.Text, nullable=False),  # created, reopened, spiking, occurrences, users, milestone
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("environments", sa.JSON, nullable=False),  # names; none: all
    sa.Column("filters", sa.JSON, nullable=False),  # property filters as they were sent
    sa.Column("threshold", sa.Integer),  # of occurrences and users
    sa.Column("window_minutes", sa.Integer),
    sa.Column("snooze_minutes", sa.Integer, nullable=False),
    sa.Column("channels", sa.JSON, nullable=False),  # ids of channels
    _moment("created_at"),
    _moment("updated_at"),
    _moment("counted_until", nullable=True),  # up to when events were counted; null: nothing was
    sa.Index("ix_alerts_project_id", "project_id"),
)

alert_channels = sa.Table(
    "alert_channels",
    metadata,
    # Where messages go. The address holds secrets of other services: it is never answered or logged.
    sa.Column("id", sa.Uuid, primary_key=True),
    _project(),
    sa.Column("kind", sa.Text, nullable=False),  # webhook, service
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("service", sa.Text, nullable=False),  # how the service is called
    sa.Column("shown_address", sa.Text, nullable=False),  # without what is secret
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("signing_secret", sa.Text),  # of a webhook
    _moment("created_at"),
    sa.Index("ix_alert_channels_project_id", "project_id"),
)

alert_marks = sa.Table(
    "alert_marks",
    metadata,
    # What an alert has told about an issue last.
    sa.Column("alert_id", sa.Uuid, sa.ForeignKey("alerts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("issue_id", sa.Uuid, primary_key=True),
    _project(),
    _moment("fired_at"),
    sa.Column("milestone", sa.BigInteger, nullable=False, server_default="0"),
)

alert_firings = sa.Table(
    "alert_firings",
    metadata,
    # Each time that an alert has something to tell about an issue.
    sa.Column("id", sa.Uuid, primary_key=True),  # version 7
    _project(),
    sa.Column("alert_id", sa.Uuid, nullable=False),
    sa.Column("issue_id", sa.Uuid, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),  # what made it fire; of one cause an alert fires once
    sa.Column("told", sa.JSON, nullable=False),  # what messages say about it
    _moment("fired_at"),
    sa.Column("message_id", sa.Uuid),  # null: it waits to be told
    sa.UniqueConstraint("alert_id", "cause"),
    sa.Index("ix_alert_firings_message_id", "message_id", "alert_id"),
    sa.Index("ix_alert_firings_project_id_fired_at", "project_id", "fired_at"),
)

alert_deliveries = sa.Table(
    "alert_deliveries",
    metadata,
    # A message on its way to one channel.
    sa.Column("id", sa.Uuid, primary_key=True),  # version 7
    _project(),
    sa.Column("alert_id", sa.Uuid),  # null: a test of the channel
    sa.Column("channel_id", sa.Uuid, nullable=False),
    sa.Column("message_id", sa.Uuid, nullable=False),  # the same for all channels of the alert
    sa.Column("kind", sa.Text, nullable=False),  # single, digest, test
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),  # waiting, delivered, dead
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("error", sa.Text),  # of the last attempt
    sa.Column("seconds", sa.Float),  # that the last attempt took
    _moment("created_at"),
    _moment("due_at", nullable=True),  # of the next attempt; while one is made, when another node may make it
    _moment("delivered_at", nullable=True),
    sa.Index("ix_alert_deliveries_status", "status", "due_at"),
    sa.Index("ix_alert_deliveries_project_id_created_at", "project_id", "created_at"),
    sa.Index("ix_alert_deliveries_message_id", "message_id"),
)

# Persons

persons = sa.Table(
    "persons",
    metadata,
    sa.Column("project_id", sa.Integer, sa.ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("properties", sa.Text, nullable=False),  # one JSON object, as text, so that numbers stay as sent
    sa.Column("is_identified", sa.Boolean, nullable=False, default=False),
    _moment("created_at"),
)

person_distinct_ids = sa.Table(
    "person_distinct_ids",
    metadata,
    sa.Column("project_id", sa.Integer, sa.ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("distinct_id", sa.Text, primary_key=True),
    sa.Column("person_id", sa.Uuid, nullable=False),
    sa.Index("ix_person_distinct_ids_project_id_person_id", "project_id", "person_id"),
)

person_overrides = sa.Table(
    "person_overrides",
    metadata,
    # Persons merged away: the id that events may carry, and who that is now.
    sa.Column("project_id", sa.Integer, sa.ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("old_person_id", sa.Uuid, primary_key=True),
    sa.Column("person_id", sa.Uuid, nullable=False),
    sa.Index("ix_person_overrides_project_id_person_id", "project_id", "person_id"),
)

# Operation

mirror_outbox = sa.Table(
    "mirror_outbox",
    metadata,
    # What the event store's copies (`owners`, `issues`, `persons`, `person_overrides`) must learn. Written after the
    # change, in its transaction, so that the order of `seq` is the order of changes to one row.
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("project_id", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  # owner, issue, person, override
    sa.Column("key", sa.Text, nullable=False),  # grouping key, issue id, person id, old person id
    _moment("created_at"),
    sqlite_autoincrement=True,  # a sequence number is the mirrored row's version and must never come again
)

journal_progress = sa.Table(
    "journal_progress",
    metadata,
    # How far the entries of a journal have changed persons; a replay must not change them again. A writer is one
    # opening of a journal, or an event in quarantine, and is never used for another, so these rows stay.
    sa.Column("writer", sa.Text, primary_key=True),
    sa.Column("sequence", sa.BigInteger, nullable=False),
)

quarantine = sa.Table(
    "quarantine",
    metadata,
    # Events that could not be stored.
    sa.Column("project_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("event_uuid", sa.Uuid, primary_key=True),
    sa.Column("cause", sa.Text, nullable=False),  # defect, refused
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),  # bytes of the event
    sa.Column("is_due", sa.Boolean, nullable=False, default=False),  # shall be processed again
    _moment("received_at"),
    _moment("failed_at"),
    # The received event, as JSON. Last, so that the others are read without it.
    sa.Column("event", sa.Text, nullable=False),
    sa.Index("ix_quarantine_is_due", "is_due", "received_at"),
    sa.Index("ix_quarantine_room", "cause", "failed_at", "size"),
)

quarantine_losses = sa.Table(
    "quarantine_losses",
    metadata,
    # Events that newer ones took the room from, by the cause they were in quarantine for.
    sa.Column("cause", sa.Text, primary_key=True),
    sa.Column("events", sa.BigInteger, nullable=False),
    _moment("last_at"),
)
