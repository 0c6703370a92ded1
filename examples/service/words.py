"""Russian and English: pages are written in English, and each service brings the Russian for its own."""

from collections.abc import Mapping

from flask import Flask, request

RUSSIAN = {
    "Sign in": "Войти",
    "Sign out": "Выйти",
    "Sign out everywhere": "Выйти везде",
    "Renew now": "Обновить сейчас",
    "Skip to content": "К содержанию",
    "Customer": "Покупатель",
    "What this service knows": "Что знает этот сервис",
    "Your identifier here": "Ваш идентификатор здесь",
    "Allowed": "Разрешено",
    "Access renewed": "Доступ обновлён",
    "Access ends": "Доступ закончится",
    "You did not sign in": "Вы не вошли",
    "Nothing has changed. You can go on without signing in, or try again.": (
        "Ничего не изменилось. Можно продолжить без входа или попробовать ещё раз."
    ),
    "This sign-in has expired": "Этот вход устарел",
    "It was begun too long ago or in another browser. Begin again: it takes one click.": (
        "Он начат слишком давно или в другом браузере. Начните ещё раз: это одно нажатие."
    ),
    "Sign-in does not work now": "Сейчас войти не получается",
    "MostID is not answering. Try again in a minute.": "MostID не отвечает. Попробуйте через минуту.",
    "Sign-in did not succeed": "Войти не удалось",
    "The answer could not be trusted, so we let nobody in. Try again.": (
        "Ответу нельзя доверять, поэтому мы никого не впустили. Попробуйте ещё раз."
    ),
    "MostID refused: {code}. Try again.": "MostID отказал: {code}. Попробуйте ещё раз.",
    "This page has expired": "Эта страница устарела",
    "Go back, reload it and try again.": "Вернитесь, обновите её и попробуйте ещё раз.",
    "There is no such page": "Такой страницы нет",
    "You are signed out": "Вы вышли",
    "You are signed out here and at MostID. Other accounts of this browser, if there are any, stay. "
    "A service that is still open notices when it next asks.": (
        "Вы вышли здесь и в MostID. Другие учётные записи этого браузера, если они есть, остались. "
        "Открытый сервис узнает об этом при следующем обращении."
    ),
    "You signed out elsewhere. Sign in to go on.": "Вы вышли в другом месте. Войдите, чтобы продолжить.",
    "MostID is not answering; you are still signed in here.": "MostID не отвечает; здесь вы по-прежнему вошли.",
    "You are signed in already: MostID knows you in this browser.": "Вы уже вошли: MostID знает вас в этом браузере.",
    "To the front page": "На главную",
    "name": "полное имя",
    "given name": "имя",
    "family name": "фамилия",
    "e-mail": "почта",
    "phone": "телефон",
    "birthdate": "дата рождения",
    "picture": "фото",
    "locale": "язык",
    "confirmed": "подтверждено",
    "not confirmed": "не подтверждено",
    "nothing yet": "пока ничего",
}


def language() -> str:
    """The browser's preference; Russian where it has none of ours."""
    return request.accept_languages.best_match(["ru", "en"], "ru")


def install(app: Flask, of_service: Mapping[str, str]) -> None:
    """Give templates `_` and `language`."""
    russian = {**RUSSIAN, **of_service}

    def translate(text: str, **values: object) -> str:
        found = russian.get(text, text) if language() == "ru" else text
        return found.format(**values) if values else found

    app.jinja_env.globals.update(_=translate, language=language)
