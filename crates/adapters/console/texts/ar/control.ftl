control-clock = الساعة
control-move-time = تحريك الوقت
control-freeze = تجميد
control-resume = تشغيل
control-hour = +1 س
control-midnight = منتصف الليل القادم
control-next-due = الاستحقاق التالي
control-real-time = الوقت الحقيقي
control-set-to = الوقت
control-advance = تقديم إليه
control-set = ضبط
control-clock-more = الوقت مثل “tomorrow 09:00” أو “+3d 14:30” أو “+90m” أو تاريخ مثل “2026-11-25 10:24”. “تقديم” يشغّل ما يستحق في الطريق. “ضبط” يقفز، حتى إلى الوراء، وتجد العمليات لاحقًا ما استحق.
control-pace-frozen = متوقفة
control-pace-real = تعرض الوقت الحقيقي
control-pace-ahead = تعمل متقدمة { $span }
control-pace-behind = تعمل متأخرة { $span }
control-pace-days-ahead = { $count ->
    [one] تعمل متقدمة يومًا واحدًا ({ $count })
    [two] تعمل متقدمة يومين ({ $count })
    [few] تعمل متقدمة { $count } أيام
    [many] تعمل متقدمة { $count } يومًا
   *[other] تعمل متقدمة { $count } يوم
}
control-pace-days-behind = { $count ->
    [one] تعمل متأخرة يومًا واحدًا ({ $count })
    [two] تعمل متأخرة يومين ({ $count })
    [few] تعمل متأخرة { $count } أيام
    [many] تعمل متأخرة { $count } يومًا
   *[other] تعمل متأخرة { $count } يوم
}
control-upcoming = ما سيستحق
control-nothing-due = لا شيء يستحق.
control-nothing-due-more = تظهر هنا المهام المنتظرة والجلسات التي ستنتهي.
control-due-session = تنتهي جلسة
control-due-sessions = { $count ->
    [one] تنتهي جلسة واحدة ({ $count })
    [two] تنتهي جلستان ({ $count })
    [few] تنتهي { $count } جلسات
    [many] تنتهي { $count } جلسة
   *[other] تنتهي { $count } جلسة
}
control-due-attempt = المحاولة { $attempt } من { $of }
control-done-frozen = الساعة متوقفة عند { $time }.
control-done-resumed = تتابع الساعة من { $time }.
control-done-released = يعرض الحساب ساعة جميع الحسابات من جديد.
control-done-set = تعرض الساعة { $time }.
control-done-set-more = ما استحق يعمل حين تجده إحدى العمليات.
control-done-advanced = وصلت الساعة إلى { $time }.
control-ran = { $count ->
    [0] لم يستحق شيء.
    [one] استحق شيء واحد ({ $count }) وعمل.
    [two] استحق شيئان ({ $count }) وعملا.
    [few] استحقت { $count } أشياء وعملت.
    [many] استحق { $count } شيئًا وعمل.
   *[other] استحق { $count } شيء وعمل.
}
control-ran-more = { $count ->
    [one] يوجد { $count } آخر غير معروض.
    [two] يوجد { $count } آخران غير معروضين.
    [few] توجد { $count } أخرى غير معروضة.
    [many] يوجد { $count } آخر غير معروض.
   *[other] يوجد { $count } آخر غير معروض.
}
control-ran-sessions = { $count ->
    [one] انتهت صلاحية جلسة واحدة ({ $count })
    [two] انتهت صلاحية جلستين ({ $count })
    [few] انتهت صلاحية { $count } جلسات
    [many] انتهت صلاحية { $count } جلسة
   *[other] انتهت صلاحية { $count } جلسة
}
control-ran-completed = اكتملت
control-ran-failed = فشلت
control-ran-retried = فشلت، وستُعاد المحاولة
control-no-time = “{ $text }” ليس وقتًا.
control-no-time-more = اكتب “tomorrow 09:00” أو “+3d 14:30” أو “+90m” أو تاريخًا مثل “2026-11-25 10:24”، بين السنتين 1 و9999.
control-past = لم تتحرك الساعة: هذا الوقت مضى أو خارج المدى.
control-past-more = التقديم يسير إلى الأمام. “ضبط” يسير إلى الوراء أيضًا.
control-clock-busy = لم تتحرك الساعة: طلبات أخرى تحركها باستمرار.
control-timed-out = لم يستقر في الوقت المحدد.
control-timed-out-more = ما عمل بقي منجزًا، والباقي لم يُنجز.
control-refused = لم يتغير شيء.
control-refused-more = السبب مكتوب تحت الحقل.
control-back = رجوع
control-active-faults = الأعطال المفعّلة
control-no-faults = لا عطل مفعّل.
control-faults-on = { $count ->
    [one] عطل واحد مفعّل ({ $count })
    [two] عطلان مفعّلان ({ $count })
    [few] { $count } أعطال مفعّلة
    [many] { $count } عطلًا مفعّلًا
   *[other] { $count } عطل مفعّل
}
control-off = إيقاف
control-fault-off = إيقاف: { $fault }
control-all-off = إيقاف الكل
control-add-fault = إضافة عطل
control-fault = العطل
control-met = المتأثرة
control-deeds = ما يمكن فعله
control-fault-counts = { $injected } من { $seen }
control-status = رمز الحالة
control-millis = ميلي ثانية
control-retry-after = إعادة المحاولة بعد، بالثواني
control-which = أي الطلبات أو المهام
control-api = الواجهة
control-any = أي
control-method = الطرق
control-path = المسار
control-action = المهمة
control-when = متى
control-nth = أولها
control-times = كم مرة
control-percent = الاحتمال، بالمئة
control-seed-number = بذرة الاحتمال
control-add = إضافة
control-kind-status = جواب برمز حالة
control-kind-delay = انتظار قبل العمل
control-kind-drip = جواب على أجزاء صغيرة
control-fault-status = الجواب { $status }
control-fault-database = قاعدة البيانات غائبة
control-fault-delay = انتظار { $millis } م.ث
control-fault-reset = يُقطع الاتصال
control-fault-lose-answer = يُنجز ويضيع الجواب
control-fault-truncate = يُبتر الجواب
control-fault-drip = أجزاء صغيرة، { $millis } م.ث قبل كل جزء
control-fault-job-fails = تفشل محاولة مهمة
control-fault-job-hangs = لا تنتهي محاولة مهمة
control-fault-job-panics = تنهار محاولة مهمة
control-preset-quota = إعداد google-quota: 429 مرتين
control-preset-flaky = إعداد flaky-wifi: انقطاعات وانتظار وأجوبة مبتورة
control-preset-lost = إعداد lost-replies: نصف عمليات الكتابة
control-when-always = كل واحد
control-when-first = { $count ->
    [one] الأول ({ $count })
    [two] الأول والثاني ({ $count })
    [few] أول { $count }
    [many] أول { $count }
   *[other] أول { $count }
}
control-when-nth = رقم { $first }
control-when-from = { $count } ابتداءً من رقم { $first }
control-when-from-on = كل واحد ابتداءً من رقم { $first }
control-when-by-chance = { $percent } بالمئة منها، بالمصادفة
control-done-faults = { $count ->
    [one] أُضيف عطل واحد ({ $count }).
    [two] أُضيف عطلان ({ $count }).
    [few] أُضيفت { $count } أعطال.
    [many] أُضيف { $count } عطلًا.
   *[other] أُضيف { $count } عطل.
}
control-done-fault-off = أُوقف العطل.
control-done-faults-off = أُوقفت جميع الأعطال.
control-no-such-fault = لم يعد هذا العطل موجودًا.
control-too-many-faults = لم يُضف شيء: للحساب { $count } عطل على الأكثر.
control-problem-number = يلزم عدد صحيح من { $least } إلى { $most }.
control-problem-kind = اختر واحدًا من هذه.
control-problem-needed = هذا لازم.
control-problem-percent = يلزم عدد أكبر من 0 ولا يتجاوز 100.
control-problem-no-slash = يبدأ المسار بـ “/”.
control-problem-rest-inside = لا تقع “**” إلا في نهاية المسار.
control-problem-of-jobs = هذا العطل للمهام لا للطلبات.
control-problem-of-requests = هذا العطل للطلبات لا للمهام.
control-snapshots = اللقطات
control-snapshots-more = تبقى ما بقيت العملية. تحل الجديدة محل التي تحمل الاسم نفسه.
control-name = الاسم
control-size = الحجم
control-snapshot-size = { $rows ->
    [one] صف واحد ({ $rows })، { $kibibytes } كيبي بايت
    [two] صفان ({ $rows })، { $kibibytes } كيبي بايت
    [few] { $rows } صفوف، { $kibibytes } كيبي بايت
    [many] { $rows } صفًا، { $kibibytes } كيبي بايت
   *[other] { $rows } صف، { $kibibytes } كيبي بايت
}
control-snapshot-name = اسم لقطة جديدة
control-take = التقاط
control-snapshot-file = ملف اللقطة
control-load = احفظ الملف
control-download = تنزيل
control-remove = إزالة
control-restore = استعادة
control-restore-ask = استعادة…
control-restore-title = أتُستعاد اللقطة “{ $name }”؟
control-restore-rows = تصبح كل صفوف الحساب صفوف اللقطة. يضيع ما أُنشئ بعدها.
control-restore-clock = تعود الساعة معها.
control-restore-stays = تبقى المفاتيح والرموز والأعطال والسجل.
control-done-snapshot = التُقطت اللقطة “{ $name }”.
control-done-loaded = حُفظت اللقطة “{ $name }” من ملفها.
control-done-restored = الحساب كما في اللقطة “{ $name }”.
control-done-removed = أُزيلت اللقطة “{ $name }”.
control-not-restored = بقي الحساب كما هو: اللقطة لا توافق صفوفه.
control-no-room = لم تُلتقط اللقطة.
control-no-room-more = لجميع اللقطات معًا 1 غيبي بايت على الأكثر. أزل بعضها.
control-problem-snapshot-name = يتكون الاسم من 1 إلى 64 من الحروف اللاتينية والأرقام والعلامات “-” و“_” و“.”.
control-problem-file = لا يمكن استخدام الملف:
control-seed = البذرة
control-seed-export = كتابة بصيغة YAML
control-seed-document = مستند بصيغة YAML أو JSON
control-seed-add = إضافة المحتوى
control-problem-seed = لا يمكن استخدام المستند:
control-problem-seed-line = لا يمكن استخدام السطر { $line }:
control-done-seed = أُضيف المحتوى.
control-done-seed-more = الأشخاص: { $people }. المقررات: { $courses }. الجلسات: { $sessions }. المهام: { $jobs }.
control-account = هذا الحساب
control-reset = إعادة ضبط…
control-end = إنهاء…
control-reset-title = أيُعاد ضبط الحساب “{ $name }”؟
control-reset-rows = يعود كل شيء كما كان حين أُنشئ الحساب، بمحتواه الأول.
control-reset-stays = تبقى المفاتيح والرموز والمعرّف واللقطات.
control-reset-faults = تُزال الأعطال والسجل.
control-reset-clock = الساعة المتوقفة تعرض البداية من جديد. والعاملة تتابع.
control-reset-go = إعادة ضبط الحساب
control-done-reset = أُعيد ضبط الحساب “{ $name }”.
control-end-title = أيُنهى الحساب “{ $name }”؟
control-end-keys = لن يُقبل أي من مفاتيحه ورموزه بعد ذلك.
control-end-rows = تُزال صفوفه وأعطاله وسجله ولقطاته. لا يمكن التراجع عن هذا.
control-end-go = إنهاء الحساب
control-new-account = حساب اختبار جديد
control-new-account-more = بلا اسم يُعطى اسمًا. وبلا ساعات يبقى ما بقيت قاعدة البيانات. تُعرض مفاتيحه مرة واحدة.
control-hours = يبقى بالساعات
control-first-content = المحتوى الأول بصيغة YAML أو JSON
control-make = إنشاء
control-problem-name = لا يمكن استخدام هذا الاسم:
control-problem-name-taken = حساب آخر يحمل هذا الاسم.
control-done-account = أُنشئ الحساب “{ $name }”.
control-done-account-more = معرّفه { $id }. هذه مفاتيحه، ولن تُعرض ثانية.
control-secret-access-key = مفتاح الوصول لواجهة الجلسات
control-secret-secret-key = المفتاح السري لواجهة الجلسات
control-secret-bearer = ما يلي “Bearer” في طلبات واجهة الجلسات
control-secret-account-key = مفتاح واجهة المهام
control-secret-project = المشروع في مسارات واجهة المهام
control-secret-token = رمز الوصول لواجهة المقررات، بدور { $role }
