"""Routes below `/api/{environments,projects}/{project_id}/error_tracking/`. The file follows the URL."""
