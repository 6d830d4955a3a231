"""What a recording is: the typed manifest and its JSON form. Pure: no disk, no clock."""
