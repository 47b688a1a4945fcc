"""Who writes to Copperleaf, the small talk around an answer, and the dirt that a real export has."""

from __future__ import annotations

# Per row: first names, then last names that go with them.
NAMES: tuple[tuple[str, str], ...] = (
    ("Amara Chidi Ngozi Emeka Ifeoma Tunde Zainab", "Okafor Adeyemi Balogun Eze Nwosu"),
    ("Priya Arjun Ananya Rohan Kavya Vikram Meera", "Raman Deshmukh Iyer Chatterjee Patil"),
    ("Mei Jun Lian Wei Xiu Hao Ying", "Zhang Lin Huang Zhou Tan"),
    ("Haruka Kenji Yui Takumi Aiko Ren Naoko", "Tanaka Mori Fujita Okada Shimizu"),
    ("Minji Seojun Hana Jiwoo Dohyun Sora Eunji", "Park Choi Kang Yoon Han"),
    ("Sofía Mateo Valentina Joaquín Lucía Andrés Camila", "Herrera Fuentes Delgado Rojas Medina"),
    ("João Beatriz Tiago Inês Rafael Mariana Duarte", "Carvalho Teixeira Moreira Antunes Pinto"),
    ("Leila Omar Yasmin Karim Nour Samir Huda", "Haddad Mansour Khalil Nasser Aziz"),
    ("Aylin Emre Defne Kerem Elif Can Zeynep", "Yıldız Demir Aksoy Kaplan Arslan"),
    ("Katarzyna Piotr Zofia Jakub Agnieszka Marek Ewa", "Kowalska Wójcik Zieliński Mazur Dudek"),
    ("Freja Lars Ingrid Søren Astrid Mikkel Maja", "Lindqvist Halvorsen Nygaard Dahl Berglund"),
    ("Giulia Marco Chiara Lorenzo Elena Paolo Silvia", "Ferraro Conti Marchetti Greco Ricci"),
    ("Emily James Charlotte Oliver Grace Henry Alice", "Whitfield Bancroft Hargreaves Ashworth Pemberton"),
    ("Jamal Denise Marcus Keisha Tyrone Brianna Andre", "Washington Freeman Coleman Bryant Simmons"),
    ("Claire Antoine Manon Hugo Élodie Julien Camille", "Lefèvre Moreau Garnier Roussel Fontaine"),
    ("Lukas Hannah Felix Johanna Moritz Greta Jonas", "Brandt Vogel Seidel Krämer Lorenz"),
    ("Tui Aroha Wiremu Kiri Nikau Mere Rangi", "Parata Ngata Tamihana Kereama Rewi"),
    ("Siobhán Declan Aoife Cormac Niamh Eoin Róisín", "Gallagher Brennan Kavanagh Doyle Nolan"),
)

AGENTS: tuple[tuple[str, str], ...] = (
    ("Nils Aaberg", "Best regards,\nNils Aaberg\nCopperleaf Care"),
    ("Rosa Quintana", "Kind regards,\nRosa Quintana\nCopperleaf Care"),
    ("Dayo Akande", "Best regards,\nDayo Akande\nCopperleaf Care"),
    ("Hester Vane", "Warm regards,\nHester Vane\nCustomer Care, Copperleaf"),
    ("Imran Sadiq", "Kind regards,\nImran Sadiq\nCopperleaf Care"),
    ("Linh Dao", "All the best,\nLinh Dao\nCopperleaf Care"),
    ("Petra Novak", "Best regards,\nPetra Novak\nCopperleaf Care"),
    ("Callum Reid", "Cheers,\nCallum Reid\nCopperleaf Care"),
)

PRODUCTS = ("Forge Mini", "Forge Duo", "Burr 40", "Burr 64", "Stream kettle", "Gram scale")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
STREETS = ("Quillfeather Lane", "Old Tannery Row", "Marlowick Street", "Fennbridge Road", "Larkhollow Avenue")
TOWNS = ("Eastmere", "Port Halden", "Brackwater", "Sunfell", "Nether Corby", "Wexcombe")

# Numbers that card networks and IBAN registries publish for tests and documentation.
CARDS = ("4111 1111 1111 1111", "5555 5555 5555 4444", "378282246310005", "4111111111111111", "5555555555554444")
IBANS = (
    "GB29 NWBK 6016 1331 9268 19",
    "DE89 3704 0044 0532 0130 00",
    "NL91 ABNA 0417 1643 00",
    "FR14 2004 1010 0505 0001 3M02 606",
)

CUSTOMER_GREETINGS = (
    "Hi,",
    "Hello,",
    "Hi there,",
    "Good morning,",
    "Good afternoon,",
    "Dear Copperleaf team,",
    "Hello Copperleaf,",
)
CASUAL_GREETINGS = ("hi", "hey", "hello", "hi there", "heya")
CUSTOMER_CLOSINGS = ("Thanks,", "Thank you,", "Best,", "Kind regards,", "Many thanks,", "Regards,", "Best wishes,")
CASUAL_CLOSINGS = ("thx", "thanks", "cheers", "ty", "pls reply soon")
ORDER_LINES = (
    "My order number is {order}.",
    "Order {order}.",
    "It is about order {order}.",
    "The order in question: {order}",
    "Order no. {order}, placed on {day}.",
)
CASUAL_ORDER_LINES = ("{order}", "order {order}", "order nr {order}", "its {order}")
PHONE_LINES = (
    "You can reach me on {phone} if that is easier.",
    "My number is {phone}.",
    "Please call me at {phone} in case of questions.",
)
EMAIL_LINES = (
    "My account is under {email}.",
    "I ordered with the address {email}.",
    "Please answer to {email}, I check that one more often.",
)
STREET_LINES = ("The address is {street}.", "I live at {street}.", "It should go to {street}.")
CARD_LINES = (
    "I paid with the card {card}.",
    "The card I used is {card}.",
    "In case you need it, my card number is {card}.",
    "It was the Visa ending in 1111.",
    "The card ends in 4444.",
)
IBAN_LINES = ("If it helps, you can transfer the money to {iban}.", "My account is {iban}.")

AGENT_OPENERS = (
    "Thanks for your message.",
    "Thank you for getting in touch.",
    "Thanks for reaching out.",
    "Thank you for writing to us.",
)
AGENT_CLOSERS = (
    "Just reply here if anything is unclear.",
    "Please let me know if you have any other question.",
    "I'm happy to help if anything else comes up.",
    "If something doesn't work as described, simply reply to this message.",
)
ORDER_REQUESTS = (
    "Thanks for your message, I'm happy to look into this for you. Could you please send me the order number? It "
    "starts "
    "with CL- and stands in your confirmation e-mail and under 'Orders' in your account.",
    "Thank you for getting in touch. So that I can open the right order, please reply with the order number. You find "
    "it "
    "in the confirmation e-mail or under 'Orders'; it begins with CL- and has six digits.",
    "I'll gladly check that. To do so, I need your order number, which starts with CL- followed by six digits. It is "
    "shown "
    "in the confirmation e-mail and in your account under 'Orders'.",
)
ORDER_REPLIES = (
    "Sure, it is {order}.",
    "{order}",
    "Here you go: {order}",
    "the number is {order}",
    "It says {order} in the e-mail.",
    "sorry, forgot that. {order}",
    "Order number: {order}. I hope that helps.",
)
ORDER_FOUND = (
    "Thank you, I have found order {order}.",
    "Thanks, I can see order {order} now.",
    "Thank you, that helps: I have order {order} in front of me.",
)
THANKS = (
    "Thanks, that helps a lot!",
    "great thank you",
    "Perfect, thank you for the quick answer.",
    "ok got it, thx",
    "Thank you, that answers my question.",
    "Wonderful, that worked.",
    "Alright, thanks.",
    "Thanks for explaining!",
    "Not ideal, but thank you for the clear answer.",
    "super, thanks a lot",
)
WELCOMES = (
    "You're very welcome. If anything else comes up, just reply to this message and we will gladly help. Have a "
    "lovely day!",
    "Glad I could help! You can always reply here if another question comes up. Enjoy your coffee.",
    "My pleasure. I'll close this request for now; a reply to this message opens it again at any time.",
    "You're welcome, and thank you for the feedback. We are here whenever you need us. Enjoy your next cup!",
)

NOTES = (
    "INTERNAL: customer is a known refund abuser, three claims since spring. Be strict.",
    "margin on this is 12 %, don't offer more than $10 goodwill",
    "Spoke to the warehouse: batch 7 of the Burr 40 has bad motors. Do NOT tell customers yet.",
    "Customer was shouting on the phone. Escalate to Petra if he calls again.",
    "Supplier code for this part is KX-20-113, purchase price $4.10.",
    "looks like fraud, address differs from billing, flagged with the payment team",
    "Goodwill voucher of $15 approved by the team lead, code is in the vault.",
    "VIP, friend of the founder. Answer first, always.",
    "Carrier contract ends in June, so no promises about the new rates please.",
    "I think she is right, but we can't admit liability in writing. See legal's mail.",
    "Called back twice, nobody answered. Closing on Friday.",
    "Refund released by hand because the tool was down, ref 88-2041.",
    "He says he is a lawyer. Copying in compliance.",
    "Stock in the system is wrong, there are only 4 left. Inventory team informed.",
    "Same question as yesterday, somebody please update the macro.",
    "Return arrived with a brick inside. Photos are in the shared drive.",
)
UNMARKED = (
    "Taken over from the late shift, customer waits for an answer since yesterday.",
    "Side conversation with the carrier: depot 14 has a backlog of three days, not to be shared.",
    "Checked the account, two open returns, both plausible.",
    "Draft: I would refuse this one, what do you think?",
)
RECEIPT = (
    "Thank you for contacting Copperleaf. We have received your request #{ticket} and will answer within 1 working "
    "day. "
    "This is an automatic message."
)
TRIGGERS = (
    "Ticket was reassigned automatically: group 'Copperleaf Care', skill '{tag}'.",
    "SLA reminder: first reply is due in 1 hour.",
    "Customer satisfaction survey was sent.",
)
AWAY = (
    "Automatic reply: I am out of the office until {day} and have no access to my e-mail. In urgent cases please "
    "contact my "
    "colleagues. I will answer after my return.",
    "Out of office: thank you for your message. I'm on leave and will read it when I am back on {day}.",
)
NUDGES = (
    "Hello? Did you get my message?",
    "any news on this?",
    "I wrote earlier but got no answer, so I'm trying again.",
)
BAD_COMMENTS = ("Took too long.", "Did not solve my problem.", "Got a standard text.", "")
GOOD_COMMENTS = ("Quick and friendly!", "Great help, thank you.", "", "", "")

SPAM = (
    "Boost your ranking today",
    "Dear webmaster, we offer 5000 backlinks and first place in all search engines for only $99. Reply now for a free "
    "offer!",
)

# Per row: locale, name, subject, tag, then customer and agent in turn.
FOREIGN: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    (
        "de",
        "Katrin Oberländer",
        "Wo bleibt meine Bestellung?",
        "order_status",
        (
            "Guten Tag, ich habe vor zwei Wochen eine Mühle bestellt und bisher nichts erhalten. Können Sie bitte "
            "nachsehen, wo das Paket ist?",
            "vielen Dank für Ihre Nachricht. Unter 'Bestellungen' können Sie die Sendung verfolgen; nach dem Versand "
            "dauert "
            "die Lieferung in die EU 6 bis 9 Werktage. Ist das Paket 10 Werktage nach dem Versand nicht da, suchen "
            "wir es.",
        ),
    ),
    (
        "de",
        "Jürgen Stahlhofen",
        "Maschine entkalken",
        "descaling",
        (
            "Hallo, wie oft muss ich die Forge Mini entkalken, und darf ich dafür Essig nehmen?",
            "bitte entkalken Sie die Maschine alle 2 Monate mit Zitronensäurepulver, 20 g auf 1 Liter Wasser. Essig "
            "ist nicht "
            "geeignet, weil er die Dichtungen angreift.",
            "Danke, das hat sehr gut funktioniert!",
            "das freut uns sehr. Viel Freude mit Ihrem Kaffee!",
        ),
    ),
    (
        "de",
        "Sabine Wiedemann",
        "Rechnung",
        "invoice",
        (
            "Ich brauche für meine Steuererklärung noch die Rechnung vom letzten Monat. Wo finde ich die?",
            "Sie finden jede Rechnung als PDF in Ihrem Konto unter 'Bestellungen'. Den Firmennamen können Sie dort "
            "innerhalb "
            "von 14 Tagen ergänzen.",
        ),
    ),
    (
        "fr",
        "Margaux Delcourt",
        "Colis endommagé",
        "damaged_on_arrival",
        (
            "Bonjour, ma bouilloire est arrivée cassée ce matin. Que dois-je faire pour recevoir un nouvel appareil ?",
            "nous sommes désolés. Envoyez-nous s'il vous plaît une photo de l'article et du carton dans les 48 "
            "heures. Nous "
            "expédions le remplacement le jour ouvrable suivant.",
        ),
    ),
    (
        "fr",
        "Thibault Carpentier",
        "Délai de retour",
        "return_policy",
        (
            "Bonjour, combien de jours est-ce que j'ai pour retourner un article que je n'ai pas ouvert ?",
            "vous pouvez retourner un article non ouvert dans les 30 jours après la livraison, et dans les 45 jours "
            "si vous "
            "êtes membre du Copper Club.",
        ),
    ),
)
