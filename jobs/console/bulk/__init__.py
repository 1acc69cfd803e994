"""Operations on all rows of a filter: their dialog, their progress, their stop."""
