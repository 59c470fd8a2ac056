-- The version of these scripts; the same as voxmend's and as @version in the actions.

return '0.1.0'
