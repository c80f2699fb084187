# The texts of errors in Arabic.

## The request as a whole

unauthorized = تعذّر التحقق من الهوية
not-allowed = غير مسموح لك بذلك
no-such-path = لا يوجد مسار كهذا
method-not-allowed = لا يقبل هذا المسار هذه الطريقة
unavailable = تعذّر على الخدمة الوصول إلى قاعدة بياناتها؛ أعد المحاولة
failure = حدث خطأ غير متوقع

key-malformed =
    يجب أن يكون Idempotency-Key نصًّا واحدًا من 1 إلى { $max } { $max ->
        [one] محرف
        [two] محرفين
        [few] محارف
        [many] محرفًا
       *[other] محرف
    } من محارف ASCII المرئية.
key-reused = سبق إرسال Idempotency-Key نفسه مع طلب آخر.
key-busy = هناك طلب قيد التنفيذ بقيمة Idempotency-Key نفسها؛ أعد المحاولة.
key-erased = نُفِّذ طلب Idempotency-Key هذا، وقد مُحيت إجابته المحفوظة.

## Its body and its query

body-not-json-by-header = يجب أن يكون المحتوى بصيغة JSON وأن يكون نوعه application/json ومن دون ترميز للمحتوى
body-no-form = يجب أن يكون المحتوى نموذجًا وأن يكون نوعه application/x-www-form-urlencoded
body-too-large =
    طول المحتوى يتجاوز { $limit } { $limit ->
        [few] بايتات
        [many] بايتًا
       *[other] بايت
    }
body-too-slow = لم يصل المحتوى في الوقت المحدد
body-cut-off = انقطع المحتوى قبل اكتماله
body-budget-exhausted = لا تستطيع الخدمة استقبال محتوى طلبات أخرى الآن؛ أعد المحاولة
answer-budget-exhausted = لا تستطيع الخدمة إعداد ردود أخرى الآن؛ أعد المحاولة
body-malformed = المحتوى ليس JSON صحيحًا: السطر { $line }، العمود { $column } ({ $reason }).
body-no-object = يجب أن يكون المحتوى كائن JSON.
body-no-object-because = يجب أن يكون المحتوى كائن JSON: السطر { $line }، العمود { $column } ({ $reason }).
body-no-array =
    { $items ->
        [attendee] يجب أن يكون المحتوى مصفوفة JSON من كائنات الحضور.
       *[session] يجب أن يكون المحتوى مصفوفة JSON من كائنات الجلسات.
    }
batch-too-long =
    تقبل الدفعة { $most } { $most ->
        [few] عناصر
        [many] عنصرًا
       *[other] عنصر
    } على الأكثر؛ وعدد عناصر هذه الدفعة { $count }.
query-malformed = تعذّرت قراءة معاملات الاستعلام.

## Filters

filter-unreadable = عامل تصفية غير صالح. تعذّرت قراءة { $key }.
filter-too-long =
    عامل تصفية غير صالح. يجب ألا يزيد طول { $key } على { $max } { $max ->
        [few] محارف
        [many] محرفًا
       *[other] محرف
    }.
filter-unusable = لا يحتوي { $key } على قيمة صالحة للاستخدام.
page-too-large = يجب ألا تزيد قيمة page_size على { $max }.
page-out-of-range = عامل تصفية غير صالح. يجب أن يكون page_number و page_size رقمين موجبين غير كبيرين جدًّا.

## What is wrong with which field

session-item = جلسة غير صالحة. يجب أن يكون كل عنصر في الدفعة كائن JSON.
session-field =
    { $field ->
        [session_guid] معرّف GUID للجلسة غير صالح.
        [name] اسم الجلسة غير صالح.
        [description] وصف الجلسة غير صالح.
        [tags] وسوم الجلسة غير صالحة.
        [start_date] تاريخ بدء الجلسة غير صالح.
        [duration] مدة الجلسة غير صالحة.
        [lang] لغة الجلسة غير صالحة.
        [allow_recording] إعداد تسجيل الجلسة غير صالح.
        [inaccessible_replay] إعداد إعادة عرض الجلسة غير صالح.
        [timezone] المنطقة الزمنية للجلسة غير صالحة.
        [status] حالة الجلسة غير صالحة.
       *[options] خيارات الجلسة غير صالحة.
    }
attendee-item = حاضر غير صالح. يجب أن يكون كل حاضر كائن JSON.
attendee-field =
    { $field ->
        [user_guid] مستخدم الحاضر غير صالح.
        [attendance_code] رمز حضور الحاضر غير صالح.
        [email] البريد الإلكتروني للحاضر غير صالح.
        [name] اسم الحاضر غير صالح.
        [surname] اسم عائلة الحاضر غير صالح.
        [mobile] رقم هاتف الحاضر غير صالح.
       *[role] دور الحاضر غير صالح.
    }
user-field =
    { $field ->
        [name] اسم المستخدم الأول غير صالح.
        [surname] اسم عائلة المستخدم غير صالح.
        [email] البريد الإلكتروني للمستخدم غير صالح.
        [username] اسم الدخول للمستخدم غير صالح.
        [role] دور المستخدم غير صالح.
        [password] كلمة مرور المستخدم غير صالحة.
        [mobile] رقم هاتف المستخدم غير صالح.
        [login_allowed] إعداد السماح بدخول المستخدم غير صالح.
        [active] حالة نشاط المستخدم غير صالحة.
        [lang] لغة المستخدم غير صالحة.
        [timezone] المنطقة الزمنية للمستخدم غير صالحة.
       *[expires_at] تاريخ انتهاء صلاحية المستخدم غير صالح.
    }

## The rule that it breaks

required = الحقل { $key } مطلوب.
repeated = أُرسل الحقل { $key } أكثر من مرة.
empty = يجب ألا يكون { $key } فارغًا.
too-long =
    يجب ألا يزيد طول { $key } على { $max } { $max ->
        [few] محارف
        [many] محرفًا
       *[other] محرف
    }.
too-short =
    يجب ألا يقل طول { $key } عن { $min } { $min ->
        [few] محارف
        [many] محرفًا
       *[other] محرف
    }.
nul = يجب ألا يحتوي { $key } على المحرف NUL.
not-unicode = الحقل { $key } ليس نص Unicode صحيحًا.
minutes-out-of-range =
    يجب أن تكون قيمة { $key } بين { $min } و { $max } { $max ->
        [few] دقائق
        [many] دقيقة
       *[other] دقيقة
    }.
must-be =
    { $wanted ->
        [string] يجب أن تكون قيمة { $key } نصًّا.
        [object] يجب أن تكون قيمة { $key } كائنًا.
        [integer] يجب أن تكون قيمة { $key } عددًا صحيحًا.
        [boolean] يجب أن تكون قيمة { $key } إما true أو false.
        [guid] يجب أن تكون قيمة { $key } معرّف GUID.
        [email] يجب أن تكون قيمة { $key } عنوان بريد إلكتروني.
        [role] يجب أن تكون قيمة { $key } واحدة من a و e و u و e+ و e-.
        [language] يجب أن تكون قيمة { $key } وسم لغة مثل tr-TR.
        [timezone] يجب أن تكون قيمة { $key } منطقة زمنية من IANA مثل Europe/Istanbul.
        [instant] يجب أن تكون قيمة { $key } تاريخًا ووقتًا بصيغة ISO 8601.
        [status] يجب أن تكون قيمة { $key } إحدى القيم 0 أو 1 أو 2 أو 3.
        [minutes] يجب أن تكون قيمة { $key } عددًا من الدقائق.
       *[valid] يجب أن تكون قيمة { $key } صالحة.
    }
