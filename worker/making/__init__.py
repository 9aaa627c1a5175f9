"""Jobs made into pictures: prepared, kept in line, made on every device."""
