"""The people of a fresh simulator. None of them exists."""

from simulators.person import Person

CAST = {
    "maria": Person(
        first_name="Мария", last_name="Иванова", gender="f", birthday="14.03.1991",
        mailru_id="1130254817", vkid_id="530117204", email="maria.ivanova@mail.ru", number="+79201234567",
    ),
    "alexey": Person(
        first_name="Алексей", last_name="Смирнов", gender="m", birthday="02.11.1978",
        mailru_id="1130254825", email="alexey.smirnov@bk.ru", number="+79261234501",
    ),
    "olga": Person(
        first_name="Ольга", last_name="Кузнецова", gender="f", birthday="30.06.1985",
        mailru_id="1130254833", email="olga@kuznetsova.example", number="+79031234502", not_subscriber=True,
    ),
    "timur": Person(first_name="Тимур", last_name="Ахметов", gender="m", mailru_id="1130254841", vkid_id="530117241"),
    "nina": Person(first_name="Нина", last_name="Павлова", gender="f", number="+79221234503", no_applet=True),
    "igor": Person(first_name="Игорь", last_name="Волков", gender="m", number="+79371234504", no_answer=True),
    "vera": Person(first_name="Вера", last_name="Соколова", gender="f", number="+79311234505", blocked=True),
}  # fmt: skip
