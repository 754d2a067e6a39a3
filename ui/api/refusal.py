"""How the server's own routes say no."""

from starlette.responses import JSONResponse

from ui.errors import without_folders
from vae_core.errors import VAELabError


def refusal(why: VAELabError | str, status: int) -> JSONResponse:
    """Answer {"error": text}, without where on this computer models lie."""
    return JSONResponse({"error": without_folders(str(why))}, status)
