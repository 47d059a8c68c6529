drop table households, buildings, zones, devices, sign_in_failures, sessions, staff_roles, staff, sites;
