"""Several platforms as one: each notice goes to the platform on which the person is."""

from __future__ import annotations

from collections.abc import Mapping

from bot.chat.messages import Post, Spot
from bot.worker import Platform


class Everywhere:
    """Posts where the post's account is. Nobody on any platform: nothing, for the pages show notices themselves."""

    def __init__(self, platforms: Mapping[str, Platform]) -> None:
        self._platforms = dict(platforms)

    @property
    def names(self) -> tuple[str, ...]:
        """The platforms that are served; a worker looks for people on no other."""
        return tuple(self._platforms)

    async def post(self, post: Post) -> Spot | None:
        """Hand it to the one platform. Raises what that one raises."""
        platform = self._platforms.get(post.account.platform) if post.account else None
        return await platform.post(post) if platform else None
