"""Studies are found by their patient or accession number without looking at all of them."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """There is no way back: an older program refuses a newer database."""
    op.create_index("ix_series_patient", "series", ["patient_id"])
    op.create_index("ix_series_accession", "series", ["accession_number"])
