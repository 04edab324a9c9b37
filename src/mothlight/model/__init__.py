"""Words of the domain: immutable values that every part may use. No part of the program is imported here but `kit`."""
