requests-live = مباشر
requests-stopped = توقف البث المباشر منذ %time%. ستعاد المحاولة بعد %seconds% ث.
requests-reload = حمّل الصفحة من جديد
requests-clear = مسح
requests-cleared = سجل الحساب فارغ.
requests-of = طلبات من
requests-of-account = لهذا الحساب
requests-of-none = بلا حساب
requests-filters = المرشحات
requests-contains = نص في المسار أو ترويسة أو المتن
requests-any = أي
requests-api = الواجهة
requests-method = الطرق
requests-path = المسار
requests-show = عرض
requests-journal = السجل
requests-at = الوقت
requests-request = الطلب
requests-answer = الجواب
requests-took = المدة
requests-millis = { $millis } م.ث
requests-no-answer = لا جواب
requests-by-a-fault = بفعل عطل
requests-none-match = لا طلب يطابق.
requests-none-match-more = في السجل آخر 10,000 طلب، ومتون آخر 1,000.
requests-clear-filters = عرض الكل
requests-none-yet = لا طلب بعد.
requests-none-yet-more = يظهر هنا فورًا كل طلب يرسله عميل.
requests-footer = الأحدث أولًا. القيم السرية مخفية.
requests-pages = الصفحات
requests-newer = الأحدث
requests-older = الأقدم
requests-route = المسلك
requests-id = معرّف الطلب
requests-fault = العطل
requests-bytes = { $count ->
    [one] بايت واحد ({ $count })
    [two] بايتان ({ $count })
    [few] { $count } بايتات
    [many] { $count } بايتًا
   *[other] { $count } بايت
}
requests-no-body = بلا متن.
requests-body-not-kept = { $count ->
    [one] لم يُحفظ المتن، وهو بايت واحد ({ $count }).
    [two] لم يُحفظ المتن، وهو بايتان ({ $count }).
    [few] لم يُحفظ المتن، وهو { $count } بايتات.
    [many] لم يُحفظ المتن، وهو { $count } بايتًا.
   *[other] لم يُحفظ المتن، وهو { $count } بايت.
}
requests-send = أرسله بنفسك
requests-send-more = ضع الاعتماد في TOKEN. حُذفت الأسرار الأخرى.
requests-copy = نسخ الأسطر
requests-fail = إفشال التالي المشابه
requests-fail-how = كيف
requests-fail-go = إفشال التالي
requests-fail-unavailable = الجواب 503
requests-fail-failure = الجواب 500
requests-fail-too-many = الجواب 429، أعد بعد 1 ث
requests-fail-lose-answer = يُنجز ويضيع الجواب
requests-fail-reset = يُقطع الاتصال
requests-fail-truncate = يُبتر الجواب
requests-fail-delay = انتظار 5 ث
requests-will-fail = سيفشل التالي “{ $request }”.
requests-too-many-faults = لم يُضف شيء: للحساب { $count } عطل على الأكثر.
requests-replay = إعادة إرساله باسم المرسل نفسه
requests-replay-go = أعد إرساله
requests-replay-more = ترسله الخدمة إلى نفسها بصلاحيات الاعتماد الذي جاء به، ومن دون Idempotency-Key.
requests-replay-anonymous = لا يمكن إعادة إرساله: ليس مرسله في السجل.
requests-replayed = أُعيد إرسال الطلب { $number }: الجواب { $answer } خلال { $took }.
requests-replayed-more = هذا قيده في السجل.
requests-replay-not-whole = لم يُرسل: جزء من الطلب سر أو لم يُحفظ.
requests-replay-account-changed = لم يُرسل: أُعيد ضبط الحساب أو استُعيد أو عُطّل منذ ذلك الحين.
requests-replay-sender-gone = لم يُرسل: حُذف مرسله أو عُطّل منذ ذلك الحين.
requests-replay-encrypted = لم يُرسل: المنفذ العام لا يقبل إلا الاتصالات المشفرة.
requests-replay-no-answer = لم يصل جواب كامل خلال { $seconds } ث. ربما نُفّذ الطلب.
